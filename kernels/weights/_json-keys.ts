const quote = 0x22
const backslash = 0x5c

const endOfString = (text: string, start: number): number => {
  let at = start + 1
  while (text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1
  return at
}

/**
 * The first key that occurs twice in an object at most `depth` levels deep, which `JSON.parse` would silently merge.
 * The text must be valid JSON.
 */
export const duplicateKey = (text: string, depth: number): string | undefined => {
  const seen: Set<string>[] = []
  let level = 0
  let lastString: [from: number, to: number] = [0, 0]
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"': {
        const end = endOfString(text, at)
        lastString = [at, end + 1]
        at = end
        break
      }
      case "{":
        level++
        if (level <= depth) seen[level] = new Set()
        break
      case "[":
        level++
        break
      case "}":
      case "]":
        level--
        break
      case ":": {
        if (level > depth) break
        const key = JSON.parse(text.slice(...lastString)) as string
        const keys = seen[level]!
        if (keys.has(key)) return key
        keys.add(key)
        break
      }
    }
  }
  return undefined
}

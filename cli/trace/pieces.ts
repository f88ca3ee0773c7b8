/**
 * What each token of a text reads as, so that together they read as the text: what it adds to those before it. Of a character
 * that takes several tokens the last one has all.
 */
export const piecesOf = (
  ids: readonly number[],
  decode: (tokens: readonly number[]) => string,
): readonly string[] => {
  const pieces: string[] = []
  // Read so far up to `read`; what stands from `begin` on decides how the next token reads, such as whether a space is before it.
  let [begin, read] = [0, 0]
  for (let end = 1; end <= ids.length; end++) {
    const text = decode(ids.slice(begin, end))
    // Half a character reads as a mark of its own.
    if (text.endsWith("\uFFFD") && end < ids.length) {
      pieces.push("")
      continue
    }
    pieces.push(text.slice(decode(ids.slice(begin, read)).length))
    ;[begin, read] = [read, end]
  }
  return pieces
}

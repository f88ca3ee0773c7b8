/**
 * GPT-2's printable alphabet: each byte is written as one character. Printable Latin-1 stands for itself, the other
 * bytes take the characters from U+0100 on.
 */
const makeAlphabet = (): ReadonlyMap<string, number> => {
  const bytes = new Map<string, number>()
  let next = 256
  for (let byte = 0; byte < 256; byte++) {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff)
    bytes.set(String.fromCharCode(printable ? byte : next++), byte)
  }
  return bytes
}

let alphabet: ReadonlyMap<string, number> | undefined

const encoder = new TextEncoder()

/** The bytes of a token; of its text where a character is outside the alphabet. */
export const tokenBytes = (token: string): Uint8Array => {
  alphabet ??= makeAlphabet()
  const bytes = new Uint8Array(token.length)
  for (let i = 0; i < token.length; i++) {
    const byte = alphabet.get(token[i]!)
    if (byte === undefined) return encoder.encode(token)
    bytes[i] = byte
  }
  return bytes
}

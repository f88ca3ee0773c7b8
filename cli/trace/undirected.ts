/** Text whose signs that turn the direction of what follows, of other tokens too, are seen instead of obeyed. */
export const undirected = (text: string): string =>
  text.replace(
    /[\u202A-\u202E\u2066-\u2069]/gu,
    (sign) => `‹U+${sign.codePointAt(0)!.toString(16).toUpperCase()}›`,
  )

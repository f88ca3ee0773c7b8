/** What the command starts itself with, as the value of `GLIBC_TUNABLES`. */
export const tunables: string

export const runWithHugePages: () => Promise<number | null | undefined> | undefined

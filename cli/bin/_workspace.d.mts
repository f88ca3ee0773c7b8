/** Gives where the bundle of the workspace is, made anew where it has to be; `undefined`, after a note, where it cannot be made. */
export const workspaceBundle: (cache?: string, note?: (text: string) => void) => Promise<string | undefined>

/** Bundles the command into a folder; gives the workspace's own inputs. */
export const bundle: (folder: string) => Promise<string[]>

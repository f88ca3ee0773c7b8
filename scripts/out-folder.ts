import { makeFolders } from "@parade/graph"

/** Makes the folder that results go to; where nobody can, says so and ends the process with status 2. */
export const makeOutFolder = (folder: string): void => {
  try {
    makeFolders(folder)
  } catch (cause) {
    console.error(
      `${folder}: This folder cannot be made (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`,
    )
    process.exit(2)
  }
}

import { sharedFolder, sharedRoot } from "@parade/test/shared"

/** The folder of reference files, where there is one. */
export const shared: string = sharedRoot

/** What to tell `test` about a folder that may be missing. */
export const needs = (folder: string): { skip: string | false } => ({
  skip:
    sharedFolder(folder) === undefined
      ? `There is no ${folder} in ${sharedRoot}; PARADE_SHARED names another.`
      : false,
})

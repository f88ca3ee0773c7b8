/** The module of this package, for `codeStamp` of `@parade/graph`. */
export const weightsModule: string = import.meta.url

/** The module of this package, for `codeStamp` of `@parade/graph`. */
export const layersModule: string = import.meta.url

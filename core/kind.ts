import type { CacheFactory } from "./cache.ts"
import type { Decoder } from "./decoder.ts"
import type { Model } from "./model.ts"
import type { Sampler } from "./sampler.ts"
import type { Verifier } from "./verifier.ts"

/** A kind of plugin, and the type of what plugins of the kind provide. Kinds are open: any package may define one. */
export interface Kind<A> {
  readonly name: string
  /** Never set; carries the type. */
  readonly provides?: () => A
}

/** A kind by its name, which is lower camel case: `drafter`, `feedForward`. */
export const kind = <A>(name: string): Kind<A> => ({ name })

export const ModelKind: Kind<Model> = kind("model")
export const CacheKind: Kind<CacheFactory> = kind("cache")
export const SamplerKind: Kind<Sampler> = kind("sampler")
export const VerifierKind: Kind<Verifier> = kind("verifier")
export const DecoderKind: Kind<Decoder> = kind("decoder")

import type { CacheFactory, Model } from "@parade/core"
import * as Effect from "effect/Effect"
import { naiveCache } from "../caches/naive-cache.ts"
import { modelBench } from "./_model-bench.ts"
import { promiseModelCaches } from "./_model-caches.ts"
import { promiseModelErrors } from "./_model-errors.ts"
import { promiseModelLayers } from "./_model-layers.ts"
import { promiseModelRows } from "./_model-rows.ts"
import { promiseModelVisibility } from "./_model-visibility.ts"
import { type Factory, promises, type TestFunction } from "./test-function.ts"

/** What the suite is told of a model beside its `info`. */
export interface ModelSuiteOptions {
  /**
   * How far logits may differ, relative to the largest, where `info.widthInvariant` is false; 1e-4 by default.
   * A width-invariant model is held to equality.
   */
  readonly tolerance?: number
  /** The caches it is tried with; naive ones by default. */
  readonly caches?: CacheFactory
}

/**
 * What every model promises: logits are a function of the rows a row sees and of nothing else, rows that are not
 * committed leave no trace, replaying the inputs gives the same cache, and bad input is a typed failure. Skips only
 * what `info` does not grant (visibility rules, named outputs, cuts).
 */
export const modelSuite = (
  test: TestFunction,
  factory: Factory<Model>,
  options: ModelSuiteOptions = {},
): void => {
  const { caches = naiveCache, tolerance = 1e-4 } = options
  const bench = Effect.map(factory, (model) =>
    modelBench(model, caches, model.info.widthInvariant ? 0 : tolerance),
  )
  const promise = promises(test, "model", bench)
  promiseModelRows(promise)
  promiseModelVisibility(promise)
  promiseModelCaches(promise)
  promiseModelLayers(promise)
  promiseModelErrors(promise)
}

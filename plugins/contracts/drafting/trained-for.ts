import * as Schema from "effect/Schema"

/** Which model a part was trained for: what a target's `info` says, and the drafter that has the part. */
export interface TrainedFor {
  /** Of the vocabulary its tokens are of. */
  readonly vocabularyFingerprint: string
  /** Of the weights; of parts that do not say it the vocabulary alone is compared. */
  readonly weightsFingerprint?: string | undefined
}

/** The same in the schema of a part's file. */
export const trainedForFields: {
  readonly vocabularyFingerprint: typeof Schema.String
  readonly weightsFingerprint: Schema.optionalKey<typeof Schema.String>
} = { vocabularyFingerprint: Schema.String, weightsFingerprint: Schema.optionalKey(Schema.String) }

/** These fields alone, of whatever has them. */
export const trainedFor = ({
  vocabularyFingerprint,
  weightsFingerprint,
}: TrainedFor): { readonly vocabularyFingerprint: string; readonly weightsFingerprint?: string } => ({
  vocabularyFingerprint,
  ...(weightsFingerprint === undefined ? {} : { weightsFingerprint }),
})

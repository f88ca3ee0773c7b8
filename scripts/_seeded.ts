/** Gives fast-check the seed of the test run, so that a run can be repeated. */
import fc from "fast-check"

const seed = process.env["PARADE_SEED"]
if (seed !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) })

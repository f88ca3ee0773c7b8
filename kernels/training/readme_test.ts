import { test } from "node:test"
import { runReadmeExample } from "../../scripts/_readme-example.ts"

test("the example of the README runs and prints what it says", (t) => runReadmeExample(t, import.meta.url))

import assert from "node:assert/strict"
import { test } from "node:test"
import { noiseDraws } from "@parade/model-adaptation"
import * as fc from "fast-check"
import { nestedMasks, softShare } from "./recipe-mod.ts"

const levels = { least: 0.4, most: 0.9, short: 20 }

test("What the teacher does not see is among what the student does not see, each place once, all within the answer.", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.nat(10_000),
      fc.constantFrom(0, 20),
      (length, place, short) => {
        const { student, teacher } = nestedMasks(length, { ...levels, short }, noiseDraws(1, place))
        assert.ok(teacher.length <= student.length && student.length <= length)
        assert.ok(student.length >= 1)
        assert.equal(new Set(student).size, student.length)
        for (const place of student) assert.ok(Number.isInteger(place) && place >= 0 && place < length)
        const hidden = new Set(student)
        for (const place of teacher) assert.ok(hidden.has(place))
      },
    ),
  )
})

test("Shares are drawn within the bounds; short answers lose half at most, and very short ones two tokens and one.", () => {
  for (let place = 0; place < 300; place++) {
    const { student, teacher } = nestedMasks(100, levels, noiseDraws(2, place))
    assert.ok(student.length >= 40 && student.length <= 90)
    assert.ok(teacher.length >= 12 && teacher.length <= 60)
    assert.ok(nestedMasks(19, levels, noiseDraws(2, place)).student.length <= 9)
    const tiny = nestedMasks(10, levels, noiseDraws(2, place))
    assert.deepEqual([tiny.student.length, tiny.teacher.length], [2, 1])
    assert.ok(nestedMasks(10, { ...levels, short: 0 }, noiseDraws(2, place)).student.length >= 4)
  }
})

test("Every place is masked as often as any other, for the student and for the teacher.", () => {
  const [students, teachers] = [new Float64Array(12), new Float64Array(12)]
  let [all, some] = [0, 0]
  for (let place = 0; place < 6000; place++) {
    const { student, teacher } = nestedMasks(12, { ...levels, short: 0 }, noiseDraws(3, place))
    for (const i of student) students[i]!++
    for (const i of teacher) teachers[i]!++
    all += student.length
    some += teacher.length
  }
  for (const count of students) assert.ok(Math.abs(count / (all / 12) - 1) < 0.05)
  for (const count of teachers) assert.ok(Math.abs(count / (some / 12) - 1) < 0.1)
})

test("The teacher counts 0.9 for a tenth of the steps and falls to 0.5, never rising.", () => {
  assert.equal(softShare(0, 0.9, 0.5), 0.9)
  assert.equal(softShare(0.1, 0.9, 0.5), 0.9)
  assert.ok(Math.abs(softShare(1, 0.9, 0.5) - 0.5) < 1e-12)
  assert.ok(Math.abs(softShare(0.55, 0.9, 0.5) - 0.7) < 1e-12)
  for (let i = 1; i <= 100; i++) assert.ok(softShare(i / 100, 0.9, 0.5) <= softShare((i - 1) / 100, 0.9, 0.5))
})

import { uniform } from "@parade/core"
import type { Exercise } from "@parade/tasks"

/** The special tokens of a small chat format; their ids are their places, as `trainTokenizer` gives them. */
export const chatTokens: readonly string[] = ["<|end|>", "<|user|>", "<|assistant|>"]

/** The id of the token after every turn and text. */
export const endToken = 0

/** The format as a Jinja template, for `tokenizer_config.json`. */
export const chatTemplate: string =
  "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"

/** Turns text into tokens, none of them special. */
export type Encode = (text: string) => ArrayLike<number>

const [user, assistant] = [chatTokens.indexOf("<|user|>"), chatTokens.indexOf("<|assistant|>")]

/** A prompt as a turn of the user, ready for the answer. */
export const chatPrompt = (prompt: string, encode: Encode): readonly number[] => [
  user,
  ...Array.from(encode(prompt.trim())),
  endToken,
  assistant,
]

/** A prompt as tokens: as a turn of a conversation, or as it is. */
export const promptTokens = (prompt: string, encode: Encode, chat: boolean): readonly number[] =>
  chat ? chatPrompt(prompt, encode) : Array.from(encode(prompt))

/**
 * An exercise as tokens to train on, ended: as a conversation, or as the answer right after the prompt. Prompt and
 * answer are encoded apart, as they are when a model answers.
 */
export const exerciseTokens = (
  { prompt, answer }: Pick<Exercise, "prompt" | "answer">,
  encode: Encode,
  chat: boolean,
): readonly number[] => [...promptTokens(prompt, encode, chat), ...Array.from(encode(answer)), endToken]

/** Whether an exercise at a place is put as a conversation; about as many are as are not. */
export const asChat = (seed: number, place: number): boolean => uniform(seed, "noise", place, 2) < 0.5

/** Texts and question-answer files as tasks, split by position. */
export { questionAnswers, textWindows } from "./plugins.ts"
export { QuestionAnswersConfig, questionAnswersTask } from "./question-answers.ts"
export { splitText } from "./split-text.ts"
export { TextWindowsConfig, textWindowsTask, windowsOf } from "./text-windows.ts"

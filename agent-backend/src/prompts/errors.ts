/** Errors of the prompt files. */
import { CodedError } from '@story-tasks/contracts';

/** A prompt file does not fit its step: a mistake in this repository, found when the module loads. */
export class PromptTemplateError extends CodedError {
  constructor(message: string) {
    super('PROMPT_TEMPLATE_INVALID', 'fatal', message);
  }
}

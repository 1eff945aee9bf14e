/** Errors of the workflow tasks. */
import { CodedError, type Operation, type WorkflowTask } from '@story-tasks/contracts';

/** The story lacks what the workflow task works from. Run the named workflow task first, then this one again. */
export class PrerequisiteMissingError extends CodedError {
  readonly runFirst: WorkflowTask;

  constructor(task: WorkflowTask | Operation, runFirst: WorkflowTask) {
    super(
      'PREREQUISITE_MISSING',
      'caller',
      `${task} needs what ${runFirst} makes: run ${runFirst} on this story first.`,
    );
    this.runFirst = runFirst;
  }
}

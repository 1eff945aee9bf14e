/** What can go wrong with a bundle store, by who can do something about it. Messages name no key and no token. */
import { CodedError } from '@story-tasks/contracts';

/** BUNDLE_STORE cannot be used as it is written. */
export class BundleStoreSettingError extends CodedError {
  constructor(message: string) {
    super('BUNDLE_STORE_SETTING_INVALID', 'fatal', message);
  }
}

/** The store did not answer, or not in time: worth another try. */
export class BundleStoreUnavailableError extends CodedError {
  constructor(message: string, options?: ErrorOptions) {
    super('BUNDLE_STORE_UNAVAILABLE', 'retryable', message, options);
  }
}

/** The store answered no: a missing right, a full quota, a key of the wrong kind. Another try would be refused too. */
export class BundleStoreRefusedError extends CodedError {
  constructor(message: string, options?: ErrorOptions) {
    super('BUNDLE_STORE_REFUSED', 'fatal', message, options);
  }
}

/** A bundle was to be written under a name that is no bundle's name: a mistake in the calling code. */
export class BundleNameError extends CodedError {
  constructor() {
    super('BUNDLE_NAME_INVALID', 'fatal', 'A bundle is named <storyId>/<taskId>.html, and nothing else.');
  }
}

/** Who calls, and what they may see. */

export interface Principal {
  /** As tasks keep it: `user:<uuid>`, `sa:<namespace>/<name>` or `anonymous`. */
  readonly requester: string;
  /** A person, who sees and changes only their own; null: everything. */
  readonly userId: string | null;
}

/**
 * Tells who calls by a token.
 * @throws UnauthenticatedError, ForbiddenError, AuthUnavailableError
 */
export type IdentifyToken = (token: string) => Promise<Principal>;

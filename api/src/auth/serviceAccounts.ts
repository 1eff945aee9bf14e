/** Mode serviceAccount: pods of the cluster call with a projected token, and the Kubernetes API says whose it is. */
import type { Clock } from '@story-tasks/contracts';
import type { Logger } from '@story-tasks/runtime';
import { type Kubernetes, statusOf } from '@story-tasks/runtime/kubernetes';
import { AuthUnavailableError, ForbiddenError, UnauthenticatedError } from '../errors.ts';
import { bounded } from './bounded.ts';
import type { IdentifyToken } from './principal.ts';
import { type Verdict, Verdicts } from './verdicts.ts';

/** What a token must be made for. One that a pod has for the Kubernetes API itself is not taken: it could do more. */
const tokenAudience = 'story-tasks';

/** Of this process. A review takes milliseconds, so that a wait is short; a flood of made-up tokens is not passed on. */
const reviews = { atOnce: 8, waiting: 32 };

interface Settings {
  readonly authentication: Pick<Kubernetes['authentication'], 'createTokenReview'>;
  /** As namespace/name, or namespace/* for all of a namespace. */
  readonly allowed: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

export function identifyServiceAccounts({ authentication, allowed, clock, logger }: Settings): IdentifyToken {
  const ask = bounded(
    (token: string) => review(authentication, token, logger),
    reviews,
    () => {
      logger.warn(reviews, 'more unknown tokens came in than are reviewed; some callers were sent away for now');
      return new AuthUnavailableError();
    },
  );
  const verdicts = new Verdicts(ask, clock);
  return async (token) => {
    const account = accountOf(await verdicts.of(token));
    if (account === undefined) throw new UnauthenticatedError('refused');
    if (!isAllowed(account, allowed)) throw new ForbiddenError(account);
    return { requester: `sa:${account}`, userId: null };
  };
}

/** @returns the username, of a token that is good for this API @throws AuthUnavailableError when nobody answers */
async function review(authentication: Settings['authentication'], token: string, logger: Logger): Promise<Verdict> {
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token, audiences: [tokenAudience] },
  };
  const { status } = await authentication.createTokenReview({ body }).catch((error: unknown) => {
    logger.error({ status: statusOf(error) }, 'the Kubernetes API does not review tokens: it is away, or forbids it');
    throw new AuthUnavailableError();
  });
  // A server that knows nothing of audiences leaves them out, and has judged the token for another one.
  const good = status?.authenticated === true && status.audiences?.includes(tokenAudience) === true;
  return good ? (status.user?.username ?? null) : null;
}

/** @returns namespace/name; undefined when it is no ServiceAccount's name */
function accountOf(username: Verdict): string | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:/]+):([^:/]+)$/.exec(username ?? '') ?? [];
  return namespace === undefined ? undefined : `${namespace}/${name}`;
}

function isAllowed(account: string, allowed: readonly string[]): boolean {
  const [namespace] = account.split('/');
  return allowed.includes(account) || allowed.includes(`${namespace}/*`);
}

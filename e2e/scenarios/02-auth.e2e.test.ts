/** Who may call: tried as an attacker inside the cluster would. */
import { expect } from 'vitest';
import { scenario } from '../src/scenario.ts';
import { apiUrl } from '../src/system.ts';

scenario('no token, another audience and a stranger are turned away', { timeout: 60_000 }, async (system) => {
  const answer = async (token: string) => {
    const response = await system.pod.fetchWith(token)(`${apiUrl}/api/story-tasks`);
    return [response.status, ((await response.json()) as { code?: string }).code];
  };
  const tokenOf = async (account: string, audience: string) =>
    (await system.kubectl.run(['create', 'token', account, `--audience=${audience}`])).trim();
  await system.kubectl.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'stranger' } });

  expect(await answer('')).toEqual([401, 'UNAUTHENTICATED']);
  expect(await answer('not.a.token')).toEqual([401, 'UNAUTHENTICATED']);
  expect(await answer(await tokenOf('client', 'somebody-else'))).toEqual([401, 'UNAUTHENTICATED']);
  expect(await answer(await tokenOf('stranger', 'story-tasks'))).toEqual([403, 'FORBIDDEN']);
  expect((await answer(await tokenOf('client', 'story-tasks')))[0]).toBe(200);
});

/** Whether what the API answers is what its own document says: status, headers and body. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

type Json = Readonly<Record<string, unknown>>;

interface Documented {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, unknown>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { responses: Record<string, { $ref?: string }> }>>>>;
  readonly components: { readonly responses: Readonly<Record<string, Documented>> };
}

interface Book {
  readonly document: Document;
  readonly ajv: Ajv2020;
}

const books = new Map<string, Promise<Book>>();

/** @throws Error that says what the document has to say and the answer does not, or the other way round */
export async function checkDocumented(apiUrl: string, method: string, path: string, answer: Answer): Promise<void> {
  const opened = books.get(apiUrl) ?? openBook(apiUrl);
  books.set(apiUrl, opened);
  const book = await opened;
  const call = findCall(book.document, method.toLowerCase(), path.split('?')[0] ?? '');
  // What is no call has no page: it is told as such.
  if (call === undefined) return expectNoRoute(answer);
  const at = responseAt(book.document, call, String(answer.status));
  const faults = at === undefined ? ['the status is not documented'] : faultsOf(book, at, answer);
  if (faults.length > 0) throw new Error(`${method} ${path} answered ${answer.status}: ${faults.join('; ')}`);
}

async function openBook(apiUrl: string): Promise<Book> {
  const document = (await (await fetch(`${apiUrl}/api/openapi.json`)).json()) as Document;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  // The package is CommonJS, whose default export Node and the compiler see differently.
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addSchema(closed(document) as Json, 'api');
  return { document, ajv };
}

/** The published document leaves room for new fields; here one that it does not name is a fault. */
function closed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(closed);
  const all = Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, closed(inside)]));
  const open = all['type'] === 'object' && 'properties' in all && !('additionalProperties' in all);
  return open ? { ...all, additionalProperties: false } : all;
}

function findCall(document: Document, method: string, path: string): string[] | undefined {
  const template = Object.keys(document.paths).find((candidate) =>
    new RegExp(`^${candidate.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
  if (template === undefined || document.paths[template]?.[method] === undefined) return undefined;
  return ['paths', template, method, 'responses'];
}

function responseAt(document: Document, call: readonly string[], status: string): string[] | undefined {
  const [, path = '', method = ''] = call;
  const response = document.paths[path]?.[method]?.responses[status];
  if (response === undefined) return undefined;
  return response.$ref === undefined ? [...call, status] : response.$ref.slice(2).split('/');
}

function faultsOf({ document, ajv }: Book, at: readonly string[], answer: Answer): string[] {
  const response = at.reduce<unknown>((inside, key) => (inside as Json)[key], document) as Documented;
  const lacking = Object.keys(response.headers ?? {}).filter((name) => !answer.headers.has(name));
  const headerFaults = lacking.map((name) => `it lacks ${name}`);
  const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
  if (response.content === undefined) return answer.text === '' ? headerFaults : [...headerFaults, 'it has a body'];
  if (!(type in response.content)) return [...headerFaults, `its type is ${type}`];
  const validate = ajv.getSchema(`api#/${[...at, 'content', type, 'schema'].map(pointer).join('/')}`);
  if (validate === undefined) throw new Error(`no schema at ${at.join(' ')}`);
  const body = type.endsWith('json') ? JSON.parse(answer.text) : answer.text;
  return validate(body) ? headerFaults : [...headerFaults, ajv.errorsText(validate.errors)];
}

function pointer(key: string): string {
  return encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));
}

function expectNoRoute({ status, text }: Answer): void {
  const { code } = JSON.parse(text) as { code?: string };
  if (status !== 404 || code !== 'ROUTE_NOT_FOUND') throw new Error(`undocumented call answered ${status} ${text}`);
}

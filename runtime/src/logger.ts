/** Structured logs: JSON lines with the component's name, and never a secret. */
import pino, { type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import { traceFields } from './tracing/spans.ts';

export type { Logger };

/** Fields that may carry a secret, a prompt or a token, wherever they stand in a line. */
const secretFields = [
  'authorization',
  'cookie',
  'apikey',
  'apiKey',
  'secretKey',
  'password',
  'token',
  'prompt',
  'initialPrompt',
];
const redacted = secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);

/**
 * An error as a log line tells it: its type and code, and where it was thrown, but not its message or its fields, which
 * libraries fill with URLs, keys and bodies.
 */
function loggedError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  // The message stands at the stack's head, and may itself have lines that look like places.
  const frames =
    error.stack
      ?.replace(error.message, '')
      .split('\n')
      .filter((line) => line.trimStart().startsWith('at ')) ?? [];
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { type: error.name, code, at: frames.slice(0, 4).map((line) => line.trim()) };
}

/**
 * An error goes in as `{ error }`; what of it is written is decided here.
 * @param destination standard output when absent
 */
export function createLogger(component: string, level = 'info', destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: { component },
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: traceFields,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: redacted, censor: '[redacted]' },
    serializers: { error: loggedError, err: loggedError },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

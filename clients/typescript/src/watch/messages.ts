/** One open stream as messages. It ends when the server ends it, when it breaks off, and when it falls silent. */
import { createParser, type EventSourceMessage, type ParseError } from 'eventsource-parser';

export interface StreamLimits {
  /** A stream that sends nothing for so long, not even that it lives, is dead. Milliseconds. */
  readonly silenceMs: number;
  /** Told how soon the server wants its client back, in milliseconds. */
  readonly onRetry: (ms: number) => void;
}

/** Characters of one event that are kept while it is not complete: far above any real one. */
const maxEventCharacters = 8_000_000;

/** In place of what is longer than any real event: no event can be made of it. */
const tooLong: EventSourceMessage = { data: '' };

export async function* messagesOf(
  body: ReadableStream<Uint8Array>,
  { silenceMs, onRetry }: StreamLimits,
): AsyncGenerator<EventSourceMessage> {
  const messages: EventSourceMessage[] = [];
  const onEvent = (message: EventSourceMessage) => void messages.push(message);
  const onError = ({ type }: ParseError) => void (type === 'max-buffer-size-exceeded' && messages.push(tooLong));
  const parser = createParser({ onEvent, onRetry, onError, maxBufferSize: maxEventCharacters });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    // The next chunk is asked for when all of this one has been taken, so that a slow reader holds back the server.
    for (let chunk = await next(reader, silenceMs); chunk; chunk = await next(reader, silenceMs)) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      yield* messages.splice(0);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function next(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  silenceMs: number,
): Promise<Uint8Array | undefined> {
  const silence = setTimeout(() => void reader.cancel().catch(() => undefined), silenceMs);
  try {
    return (await reader.read()).value;
  } catch {
    // A stream that breaks off is taken up like one that ends; whether that was its reader's wish, the reader knows.
    return undefined;
  } finally {
    clearTimeout(silence);
  }
}

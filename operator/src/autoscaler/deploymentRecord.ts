/** What the autoscaler keeps on the Deployment itself: so that the next leader knows, and people see it. */
import { annotationNames, type WorkerDeployment } from './cluster.ts';
import type { Wrote } from './decideHold.ts';
import { type Reason, reasons } from './reasons.ts';

type Annotations = Record<string, string | null>;

/** Null: nothing was written, or nobody can read it. */
export function wroteOf({ annotations }: WorkerDeployment): Wrote | null {
  const [, from, to] = /^(?:(\d{1,6}) -> )?(\d{1,6})$/.exec(annotations[annotationNames.wrote] ?? '') ?? [];
  return to === undefined ? null : { to: Number(to), from: from === undefined ? null : Number(from) };
}

export const askedOf = ({ annotations }: WorkerDeployment): string | undefined => annotations[annotationNames.asked];

/**
 * Written before the scale: whoever finds it knows that either number is ours. Its writing is also what makes a scale
 * that somebody announced before, and that is still on its way, a conflict.
 */
export const announced = (from: number, to: number): Annotations => ({ [annotationNames.wrote]: `${from} -> ${to}` });

export const settledAt = (replicas: number): Annotations => ({ [annotationNames.wrote]: String(replicas) });

export interface Status {
  readonly desired: number;
  readonly reason: Reason;
}

/** @param date milliseconds since the epoch */
export function statusOf({ desired, reason }: Status, date: number): Annotations {
  return {
    [annotationNames.desired]: String(desired),
    [annotationNames.reason]: `${reason}: ${reasons[reason]}`,
    [annotationNames.at]: new Date(date).toISOString(),
  };
}

/** Status is written when it changes, and not more often than this, in milliseconds: each write wakes whoever watches it. */
export const statusEveryMs = 5_000;

export function isNewStatus({ annotations }: WorkerDeployment, { desired, reason }: Status): boolean {
  return (
    annotations[annotationNames.desired] !== String(desired) ||
    annotations[annotationNames.reason] !== `${reason}: ${reasons[reason]}`
  );
}

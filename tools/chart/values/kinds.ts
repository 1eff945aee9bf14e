/** Kinds of values that occur in more than one place of the chart. */
import { z } from 'zod';

/** An object of fixed fields. What it is when left out follows from its fields. */
export const section = <Shape extends z.ZodRawShape>(description: string, shape: Shape) =>
  z.strictObject(shape).optional().describe(description);

export const flag = (fallback: boolean, description: string) => z.boolean().default(fallback).describe(description);

export const count = (least: number, fallback: number, most: number, description: string) =>
  z.int().min(least).max(most).default(fallback).describe(description);

export const choice = <Name extends string>(names: readonly [Name, ...Name[]], fallback: Name, description: string) =>
  z
    .enum(names)
    .default(fallback as never)
    .describe(description);

/** Empty: not set. */
export const optionalText = (description: string, pattern?: RegExp) => text('', description, pattern);

export const text = (fallback: string, description: string, pattern?: RegExp) =>
  (pattern ? z.string().regex(pattern) : z.string()).default(fallback).describe(description);

/** Letters, digits, dots and dashes, or nothing. */
export const objectName = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$/;
const secretKeyPattern = /^[-._a-zA-Z0-9]+$/;
const quantity = /^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/;
export const httpUrl = /^(https?:\/\/\S+)?$/;

export const existingSecret = (description: string) => optionalText(description, objectName);
export const secretKey = (fallback: string, description: string) => text(fallback, description, secretKeyPattern);
export const size = (fallback: string, description: string) => text(fallback, description, quantity);

/** What Kubernetes defines is passed on as it is, and checked by Kubernetes. */
const passedOn = z.record(z.string(), z.unknown()).meta({ $comment: 'Passed on to Kubernetes.' });
export const objects = (description: string) => z.array(passedOn).default([]).describe(description);
const object = (description: string) => passedOn.default({}).describe(description);
export const strings = (description: string, item: z.ZodString = z.string().min(1)) =>
  z.array(item).default([]).describe(description);
export const stringMap = (description: string) => z.record(z.string(), z.string()).default({}).describe(description);

const amounts = z.record(z.enum(['cpu', 'memory', 'ephemeral-storage']), z.union([z.string(), z.number()]));
interface Amounts {
  readonly cpu?: string;
  readonly memory?: string;
}
const someAmounts = z.partialRecord(amounts.keyType, amounts.valueType);
export const resources = (requests: Amounts, limits: Amounts) =>
  z
    .strictObject({ requests: someAmounts.optional(), limits: someAmounts.optional() })
    .default({ requests, limits })
    .describe('What the container asks for, and may take at most.');

export const pullPolicy = choice(['IfNotPresent', 'Always', 'Never'], 'IfNotPresent', 'When the image is pulled.');
const digest = optionalText('Digest of the image, as sha256:…; counts before the tag.', /^(sha256:[0-9a-f]{64})?$/);
const tagPattern = /^([\w][\w.-]{0,127})?$/;

/** @param tag what is meant when it is empty */
export const image = (
  repository: string,
  tag: string,
  about: { readonly repository: string; readonly tag: string },
) => ({
  repository: text(repository, about.repository, repository === '' ? undefined : /./),
  tag: text(tag, about.tag, tagPattern),
  digest,
});

/** Where pods go. */
export const scheduling = {
  priorityClassName: optionalText('PriorityClass of the pods.', objectName),
  nodeSelector: stringMap('Labels of the nodes that the pods may go to.'),
  tolerations: objects('Taints of nodes that the pods put up with.'),
  affinity: object('Affinity of the pods.'),
};

/** A fault planted in a copy of the code, and the rounds that are meant to find it. */

export interface Edit {
  readonly file: string;
  /** Stands in the file exactly once; a mutant whose text is not found any more is an error. */
  readonly from: string;
  readonly to: string;
}

export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** As FAULT and SWEEP take them. */
  readonly faults: string;
  readonly sweep?: number;
}

import { processMutants } from './processMutants.ts';
import { storeMutants } from './storeMutants.ts';

export const mutants = [...storeMutants, ...processMutants];

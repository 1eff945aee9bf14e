/** Loaded before a process's own code: its time of day is FAULT_CLOCK_SHIFT_MS off; what is monotonic stays. */
const shiftMs = Number(process.env['FAULT_CLOCK_SHIFT_MS']);
const Real = Date;

class ShiftedDate extends Real {
  constructor(...given: unknown[]) {
    super(...((given.length === 0 ? [Real.now() + shiftMs] : given) as [number]));
  }

  static override now(): number {
    return Real.now() + shiftMs;
  }
}

globalThis.Date = ShiftedDate as DateConstructor;

/** Who may act: one operator at a time, as far as that can be known. */

export interface Leadership {
  /** By the clock at this very moment: a process that was frozen is told the truth when it thaws. */
  isLeader(): boolean;
  /** Higher with each new leader; null while this process does not lead. */
  epoch(): number | null;
  /** Calls back when this process may have begun or ceased to lead. */
  onChange(changed: () => void): void;
  /** Gives the leadership up. Whatever acts by it must have ended. */
  stop(): Promise<void>;
}

/** Where there is one operator. */
export const soleLeader: Leadership = {
  isLeader: () => true,
  epoch: () => 0,
  onChange: () => undefined,
  stop: async () => undefined,
};

/** What one of several that run at once has to say. */
export interface Voice {
  write(text: string): void;
  /** The next one is heard from now on, with all that it has said already. */
  end(): void;
}

/**
 * Lets those that run at once be heard one after another, in the order in which they began: the first one as it speaks, the others when
 * their turn comes.
 */
export function inTurns(write: (text: string) => void): () => Voice {
  const waiting: { kept: string; hasEnded: boolean }[] = [];
  const passOn = () => {
    while (waiting[0]?.hasEnded === true) {
      waiting.shift();
      const [next] = waiting;
      if (next === undefined) return;
      write(next.kept);
      next.kept = "";
    }
  };
  return () => {
    const own = { kept: "", hasEnded: false };
    waiting.push(own);
    return {
      write: (text) => {
        if (waiting[0] === own) write(text);
        else own.kept += text;
      },
      end: () => {
        own.hasEnded = true;
        passOn();
      },
    };
  };
}

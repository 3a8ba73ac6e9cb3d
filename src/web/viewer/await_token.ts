/** A WebSocket with which a viewer comes back: its first frame says to which session. */
import { type SetTimer, startTimer } from "../../async/timer.ts";
import { waitAtMost } from "../../async/wait_at_most.ts";
import type { Link } from "../../bridge/link.ts";
import { asPortholeError, closeCodeOf, PortholeError } from "../../errors.ts";
import { parseUp, type Up, writeMessage } from "../../side_channel/messages.ts";

/** How long the first frame may take. */
const TOKEN_WAIT_MS = 10_000;
/** Longest first frame, in UTF-16 units. */
const FRAME_MAX_CHARS = 1024;
/** How long a refused viewer may take to close, and then to answer the close frame. */
const CLOSE_WAIT_MS = 5_000;

/** What is done with the first frame. */
interface TokenEffects {
  /** Takes the link over, in this turn. @throws PortholeError */
  readonly resume: (message: Up<"resume">) => void;
  /** Called with why a link is refused; gives the reason that its viewer receives. */
  readonly explain: (refusal: PortholeError) => Promise<PortholeError>;
  /** Called when the viewer leaves before its first frame. */
  readonly onLeft: () => void;
  readonly setTimer?: SetTimer;
}

/** Waits for the first frame of a new link, and passes it on; refuses the link when it is late or something else. */
export function awaitToken(link: Link, { resume, explain, onLeft, setTimer = startTimer }: TokenEffects): void {
  const refuse = async (refusal: PortholeError) => {
    link.receiver = undefined;
    await sayGoodbye(link, await explain(refusal));
  };
  const stopTimer = setTimer(() => void refuse(LATE), TOKEN_WAIT_MS);
  link.receiver = {
    onBytes: () => {
      stopTimer();
      void refuse(MALFORMED);
    },
    onText: (text) => {
      stopTimer();
      try {
        resume(readResume(text));
      } catch (refusal) {
        void refuse(asPortholeError(refusal));
      }
    },
    onClosed: () => {
      stopTimer();
      onLeft();
    },
  };
}

const LATE = new PortholeError("resume_refused", "The viewer did not say in time which session it belongs to");
const MALFORMED = new PortholeError("viewer_malformed", "A viewer that comes back must say first to which session");

function readResume(text: string): Up<"resume"> {
  const { message } = text.length <= FRAME_MAX_CHARS ? parseUp(text) : {};
  if (message?.type !== "resume") throw MALFORMED;
  return message;
}

/** The page answers the goodbye by closing; any other viewer gets a close frame. */
async function sayGoodbye(link: Link, reason: PortholeError): Promise<void> {
  const { code, message, retry, retryAfterMs } = reason;
  const later = retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs };
  link.send(writeMessage({ type: "goodbye", code, close: closeCodeOf(code), message, retry, ...later }));
  await waitAtMost(link.closed, CLOSE_WAIT_MS);
  link.close(reason);
  await waitAtMost(link.closed, CLOSE_WAIT_MS);
  if (!link.isGone) link.drop();
}

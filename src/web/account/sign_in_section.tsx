import { formatTime } from "../format_time.ts";
import { RowButton } from "./row_button.tsx";
import type { SignInView } from "./sign_ins.ts";

/** What a sentence calls a sign-in method. */
const METHODS: Readonly<Record<string, string>> = {
  password: "a password",
  "login link": "the login link",
  "share link": "a share link",
  oidc: "single sign-on",
};

interface SignInSectionProps {
  readonly signIns: readonly SignInView[];
  /** Where a row's form is posted to. */
  readonly action: string;
  readonly admin: boolean;
}

/** The signed-in browsers. */
export function SignInSection({ signIns, action, admin }: SignInSectionProps) {
  return (
    <section class="group" aria-labelledby="sign-ins">
      <h2 id="sign-ins">{admin ? "All signed-in browsers" : "Your signed-in browsers"}</h2>
      <ul class="rows">
        {signIns.map(({ id, name, by, created, last_used, address, user_agent, current }) => (
          <li class="row">
            <div>
              <p>
                <strong>{name}</strong> signed in with {METHODS[by] ?? by} from {address}{" "}
                {current && <span class="tag">This browser</span>}
              </p>
              <p class="quiet">
                Since {formatTime(created)}, last used {formatTime(last_used)}. {user_agent}
              </p>
            </div>
            <RowButton action={action} id={id} text="End" label={`End the sign-in of ${name} from ${address}`} />
          </li>
        ))}
      </ul>
    </section>
  );
}

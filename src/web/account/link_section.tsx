import type { z } from "zod";
import { formatTime } from "../format_time.ts";
import type { linkSchema } from "./links.ts";
import { RowButton } from "./row_button.tsx";

/** Nobody finds one of more than these in a list; its name is then typed. */
export const MOST_OPTIONS = 500;

/** What the section shows. */
export interface LinkSectionProps {
  readonly links: readonly z.output<typeof linkSchema>[];
  /** The sources that the user may share. */
  readonly sources: readonly { readonly name: string; readonly title: string }[];
  /** The link that was just created: it is shown once. */
  readonly made?: string | undefined;
  /** Where forms are posted to: the address of a path below /account/. */
  readonly to: (path: string) => string;
}

/** The share links, and the form for a new one. */
export function LinkSection({ links, sources, made, to }: LinkSectionProps) {
  return (
    <section class="group" aria-labelledby="links">
      <h2 id="links">Share links</h2>
      {made && (
        <div class="callout" role="status">
          <p>Anyone with this link can open the screen. Copy it now, because it is shown only once:</p>
          <p>
            <code id="made-link">{made}</code>
          </p>
        </div>
      )}
      {links.length > 0 && (
        <ul class="rows">
          {links.map((link) => <LinkRow link={link} action={to("links/revoke")} />)}
        </ul>
      )}
      <LinkForm sources={sources} action={to("links")} />
    </section>
  );
}

function LinkRow({ link, action }: { link: LinkSectionProps["links"][number]; action: string }) {
  const { id, source, role, label, created_by, expires, uses_left } = link;
  return (
    <li class="row">
      <div>
        <p>
          <strong>{label || "Anyone with the link"}</strong> can {role} {source}
        </p>
        <p class="quiet">Created by {created_by}, expires {formatTime(expires)}, {describeUses(uses_left)}</p>
      </div>
      <RowButton action={action} id={id} text="Revoke" label={`Revoke the link ${label || id} to ${source}`} />
    </li>
  );
}

function SourceField({ sources }: Pick<LinkSectionProps, "sources">) {
  if (sources.length > MOST_OPTIONS) {
    return <input id="link-source" name="source" placeholder="Its name" required autocomplete="off" />;
  }
  return (
    <select id="link-source" name="source">
      {sources.map(({ name, title }) => <option value={name}>{title}</option>)}
    </select>
  );
}

function LinkForm({ sources, action }: Pick<LinkSectionProps, "sources"> & { action: string }) {
  return (
    <form class="fields" method="post" action={action}>
      <label for="link-source">
        Screen
        <SourceField sources={sources} />
      </label>
      <label for="link-role">
        Anyone with the link
        <select id="link-role" name="role">
          <option value="view">can view</option>
          <option value="control">can control</option>
        </select>
      </label>
      <label for="link-expires">
        Expires after
        <select id="link-expires" name="expires">
          <option value="1h">1 hour</option>
          <option value="1d" selected>1 day</option>
          <option value="7d">1 week</option>
          <option value="30d">30 days</option>
          <option value="365d">1 year</option>
        </select>
      </label>
      <label for="link-uses">
        Maximum uses
        <input id="link-uses" name="uses" inputmode="numeric" pattern="[0-9]*" placeholder="Unlimited" />
      </label>
      <label for="link-label">
        Who is it for?
        <input id="link-label" name="label" maxlength={80} />
      </label>
      <button class="button primary" type="submit">Create link</button>
    </form>
  );
}

function describeUses(left: number | null): string {
  if (left === null) return "unlimited uses";
  return left === 1 ? "1 use left" : `${left} uses left`;
}

import { Icon } from "../icon.tsx";
import { Layout, Masthead, type PageProps } from "../layout.tsx";
import type { SourceView } from "../source_view.ts";

/** What the dashboard shows. */
export interface DashboardPageProps extends PageProps {
  readonly sources: readonly SourceView[];
  /** Number of all that match, if the page does not show each. */
  readonly total?: number;
  /** What the gateway has searched for. */
  readonly search?: string | undefined;
  /** Whether there are sources that only a token opens. */
  readonly takesTokens?: boolean;
  /** Problems of the gateway, such as a bad edit of sources.yaml. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** The search box appears with this many sources. */
const SEARCH_FROM = 9;

/**
 * The dashboard: the sources that the user may open. The script adds the search and keeps the page up to date. Of more
 * sources than the page shows, the gateway searches.
 */
export function DashboardPage(
  { sources, total = sources.length, search, takesTokens = false, problems, warnings, ...page }: DashboardPageProps,
) {
  const isPart = total > sources.length || search;
  return (
    <Layout {...page} title="Porthole" kind="reading" script="dashboard">
      <Masthead {...page} />
      <main class="dashboard">
        <div class="dashboard-head">
          <h1>Screens</h1>
          {isPart ? <SearchForm search={search} /> : sources.length >= SEARCH_FROM && <Search />}
        </div>
        {problems.map((text) => <p class="callout problem" role="alert">{text}</p>)}
        {warnings.map((text) => <p class="callout warning">{text}</p>)}
        {total > sources.length && (
          <p class="quiet">
            {formatCount(sources.length)} of {formatCount(total)} screens are shown. Search to find the others.
          </p>
        )}
        {sources.length === 0 && !search && (takesTokens ? <OnlyTokens /> : <NoSources />)}
        {groupSources(sources).map(([group, members]) => (
          <Group group={group} sources={members} basePath={page.basePath} />
        ))}
        <p class="quiet" id="no-match" hidden={!(search && sources.length === 0)}>No screens match your search.</p>
        <p class="quiet" id="dashboard-status" role="status"></p>
      </main>
    </Layout>
  );
}

/** The search box; hidden until its script runs. */
function Search() {
  return (
    <label class="search" hidden>
      <span class="unseen">Search screens</span>
      <input id="search" type="search" placeholder="Search" autocomplete="off" />
    </label>
  );
}

/** The search of a page that does not show every source: the gateway answers it. */
function SearchForm({ search = "" }: { search?: string | undefined }) {
  return (
    <form class="search">
      <label>
        <span class="unseen">Search screens</span>
        <input id="search-all" name="search" type="search" placeholder="Search" value={search} autocomplete="off" />
      </label>
    </form>
  );
}

/** "20,000" */
function formatCount(count: number): string {
  return count.toLocaleString("en");
}

function NoSources() {
  return (
    <div class="callout">
      <p>No screens yet.</p>
      <p class="quiet">
        Add one to the configuration file. It appears here as soon as you save the file.
      </p>
    </div>
  );
}

function OnlyTokens() {
  return (
    <div class="callout">
      <p>Screens are not listed here: each opens with its token.</p>
      <p class="quiet">
        Add <code>site/vnc/</code> and the token to the address of this page.
      </p>
    </div>
  );
}

function Group({ group, sources, basePath }: { group: string; sources: readonly SourceView[]; basePath: string }) {
  return (
    <section class="group" aria-label={group || "Screens"}>
      {group && <h2>{group}</h2>}
      <ul class="cards">
        {sources.map((source) => <Card source={source} basePath={basePath} />)}
      </ul>
    </section>
  );
}

function Card({ source, basePath }: { source: SourceView; basePath: string }) {
  const { name, title, status, detail, view_only, sessions } = source;
  return (
    <li class="card" data-name={name} data-status={status}>
      <a class="card-link" href={`${basePath}site/vnc/${encodeURIComponent(name)}`}>{title}</a>
      {title !== name && <span class="card-name">{name}</span>}
      <p class="card-detail">
        <span class="dot" aria-hidden="true"></span>
        <span data-part="detail">{detail}</span>
      </p>
      <p class="card-tags">
        <span class="tag" data-part="sessions" hidden={sessions === 0}>{describeSessions(sessions)}</span>
        {view_only && (
          <span class="tag">
            <Icon name="eye" /> View only
          </span>
        )}
      </p>
    </li>
  );
}

/** "2 sessions open" */
function describeSessions(count: number): string {
  return count === 1 ? "1 session open" : `${count} sessions open`;
}

/** Groups in the order of the file; sources without a group come first. */
function groupSources(sources: readonly SourceView[]): [string, SourceView[]][] {
  const groups = Map.groupBy(sources, ({ group }) => group ?? "");
  return [...groups].toSorted(([a], [b]) => Number(a !== "") - Number(b !== ""));
}

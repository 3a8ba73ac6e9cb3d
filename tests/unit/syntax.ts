/** What the syntax tree of a module says; the parser is the one of `deno lint`. */

const ROOT = new URL("../../", import.meta.url);

/** A name that a module takes from another one. */
export interface ImportedName {
  /** Path from the root of the repository. */
  readonly from: string;
  /** `*` is everything that the other one exports. */
  readonly name: string;
}

/** A name that a module exports. */
export interface ExportedName {
  readonly name: string;
  /** Whether it is a type or an interface. */
  readonly isType: boolean;
}

/** A function, a method or a closure. */
export interface FunctionSize {
  readonly name: string;
  readonly lines: number;
}

/** An interface, an object type, or what a function takes apart in a parameter. */
export interface ObjectFields {
  readonly name: string;
  readonly fields: readonly string[];
  /** Interfaces and types whose fields it has too. */
  readonly extended: readonly string[];
}

/** One module. */
export interface Syntax {
  /** Path from the root of the repository. */
  readonly path: string;
  readonly text: string;
  readonly exports: readonly ExportedName[];
  readonly imports: readonly ImportedName[];
  readonly functions: readonly FunctionSize[];
  readonly types: readonly ObjectFields[];
  readonly parameters: readonly ObjectFields[];
}

type Found<Kind extends keyof Syntax> = Syntax[Kind][number][];
type AnyFunction = Deno.lint.FunctionDeclaration | Deno.lint.FunctionExpression | Deno.lint.ArrowFunctionExpression;
type Visitor = Deno.lint.LintVisitor;
type Node = Deno.lint.Node;

/** Reads every module below the folders and files that are named. */
export async function readModules(...places: string[]): Promise<Syntax[]> {
  const paths = (await Promise.all(places.map(listModules))).flat();
  return await Promise.all(paths.map(async (path) => parseModule(path, await Deno.readTextFile(new URL(path, ROOT)))));
}

async function listModules(place: string): Promise<string[]> {
  if (/\.tsx?$/.test(place)) return place.endsWith(".d.ts") ? [] : [place];
  const entries = await Array.fromAsync(Deno.readDir(new URL(`${place}/`, ROOT)));
  const wanted = entries.filter(({ name, isDirectory }) => isDirectory || /\.tsx?$/.test(name));
  return (await Promise.all(wanted.map(({ name }) => listModules(`${place}/${name}`)))).flat();
}

/** Parses one module. `Deno.lint` exists in tests only. */
export function parseModule(path: string, text: string): Syntax {
  const [exports, imports]: [Found<"exports">, Found<"imports">] = [[], []];
  const [functions, types, parameters]: [Found<"functions">, Found<"types">, Found<"parameters">] = [[], [], []];
  const visitors = [visitLinks(path, exports, imports), visitFunctions(text, functions, parameters), visitTypes(types)];
  const rules = Object.fromEntries(visitors.map((visitor, at) => [`read-${at}`, { create: () => visitor }]));
  Deno.lint.runPlugin({ name: "syntax", rules }, path, text);
  return { path, text, exports, imports, functions, types, parameters };
}

function visitLinks(path: string, exports: Found<"exports">, imports: Found<"imports">): Visitor {
  const take = (source: unknown, names: readonly string[]) => {
    if (typeof source !== "string" || !/^\.\.?\//.test(source)) return;
    const from = new URL(source, `file:///${path}`).pathname.slice(1);
    imports.push(...names.map((name) => ({ from, name })));
  };
  return {
    ImportDeclaration: ({ source, specifiers }) => take(source.value, specifiers.map(nameImported)),
    ImportExpression: ({ source }) => take("value" in source && source.value, ["*"]),
    ExportAllDeclaration: ({ source }) => take(source.value, ["*"]),
    ExportDefaultDeclaration: () => exports.push({ name: "default", isType: false }),
    ExportNamedDeclaration: ({ source, specifiers, declaration }) => {
      exports.push(...listDeclared(declaration));
      exports.push(...specifiers.map(({ exported }) => ({ name: nameOf(exported), isType: false })));
      take(source?.value, specifiers.map(({ local }) => nameOf(local)));
    },
  };
}

function nameImported(specifier: Deno.lint.ImportDeclaration["specifiers"][number]): string {
  if (specifier.type === "ImportSpecifier") return nameOf(specifier.imported);
  return specifier.type === "ImportDefaultSpecifier" ? "default" : "*";
}

function listDeclared(declaration: Deno.lint.ExportNamedDeclaration["declaration"]): Found<"exports"> {
  if (!declaration) return [];
  const isType = declaration.type === "TSInterfaceDeclaration" || declaration.type === "TSTypeAliasDeclaration";
  const declared = declaration.type === "VariableDeclaration" ? declaration.declarations : [declaration];
  return declared.flatMap(({ id }) => id ? [{ name: nameOf(id), isType }] : []);
}

function visitFunctions(text: string, functions: Found<"functions">, parameters: Found<"parameters">): Visitor {
  const note = (node: AnyFunction) => {
    const name = nameFunction(node);
    functions.push({ name, lines: text.slice(...node.range).split("\n").length });
    for (const parameter of node.params) {
      const pattern = parameter.type === "AssignmentPattern" ? parameter.left : parameter;
      if (pattern.type !== "ObjectPattern") continue;
      const fields = pattern.properties.map((one) => one.type === "Property" ? nameOf(one.key) : "...");
      parameters.push({ name, fields, extended: [] });
    }
  };
  return { FunctionDeclaration: note, FunctionExpression: note, ArrowFunctionExpression: note };
}

function nameFunction(node: AnyFunction): string {
  if ("id" in node && node.id) return node.id.name;
  const { parent } = node;
  if ("key" in parent && parent.key) return nameOf(parent.key);
  return "id" in parent && parent.id ? nameOf(parent.id) : "a closure";
}

function visitTypes(types: Found<"types">): Visitor {
  return {
    TSInterfaceDeclaration: ({ id, body, extends: bases }) =>
      types.push({
        name: id.name,
        fields: listFields(body.body),
        extended: bases.map(({ expression }) => nameOf(expression)),
      }),
    TSTypeAliasDeclaration: ({ id, typeAnnotation }) => {
      const parts = typeAnnotation.type === "TSIntersectionType" ? typeAnnotation.types : [typeAnnotation];
      const fields = parts.flatMap((part) => part.type === "TSTypeLiteral" ? listFields(part.members) : []);
      const extended = parts.flatMap((part) => part.type === "TSTypeReference" ? [nameOf(part.typeName)] : []);
      types.push({ name: id.name, fields, extended });
    },
  };
}

function listFields(members: readonly Node[]): string[] {
  return members.flatMap((member) => "key" in member && member.key ? [nameOf(member.key)] : []);
}

function nameOf(node: Node): string {
  if (node.type === "Identifier") return node.name;
  if (node.type === "PrivateIdentifier") return `#${node.name}`;
  return node.type === "Literal" ? String(node.value) : `a ${node.type}`;
}

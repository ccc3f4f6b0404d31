import { DockerfileParser, type Instruction } from "dockerfile-ast";
import { validate } from "dockerfile-utils";
import { describe, expect, it } from "vitest";
import { read } from "./files.js";

describe("the Dockerfile", async () => {
  const text = await read("docker/Dockerfile");
  const instructions = DockerfileParser.parse(text).getInstructions();
  const stages = split(instructions);
  const ofStage = (stage: number, keyword: string) =>
    stages[stage]!.filter((each) => each.getKeyword() === keyword).map((each) =>
      each.getTextContent().slice(keyword.length).trim(),
    );

  it("has no mistake that the linter knows", () => {
    expect(validate(text)).toEqual([]);
    expect(validate(text.replace("USER node", "USR node"))).not.toEqual([]);
  });

  it("installs from the lockfile without scripts in a stage of its own, and leaves behind what only building needs", () => {
    expect(stages).toHaveLength(2);
    const runs = ofStage(0, "RUN").join("\n");
    expect(runs).toContain("npm ci --ignore-scripts");
    expect(runs).toContain("npm prune --omit=dev");
    expect(ofStage(1, "RUN")).toEqual([]);
    expect(ofStage(1, "COPY")).toEqual(["--from=build /app ./"]);
  });

  it("runs as another user than root, as process 1 that gets SIGTERM, with a probe on /readyz", () => {
    expect(ofStage(1, "USER")).toEqual(["node"]);
    expect(ofStage(1, "STOPSIGNAL")).toEqual(["SIGTERM"]);
    expect(JSON.parse(ofStage(1, "ENTRYPOINT")[0]!)).toEqual(["node", expect.stringContaining("actor-runtime.js")]);
    expect(JSON.parse(ofStage(1, "CMD")[0]!)[0]).toBe("start");
    expect(ofStage(1, "HEALTHCHECK")[0]).toContain("/readyz");
  });

  it("gets neither secrets nor what was built outside", async () => {
    const ignored = (await read("docker/Dockerfile.dockerignore")).split("\n");
    expect(ignored).toEqual(expect.arrayContaining(["**/node_modules", "**/dist", "**/.env*", ".git"]));
  });
});

function split(instructions: readonly Instruction[]): Instruction[][] {
  const stages: Instruction[][] = [];
  for (const instruction of instructions) {
    if (instruction.getKeyword() === "FROM") stages.push([]);
    stages.at(-1)?.push(instruction);
  }
  return stages;
}

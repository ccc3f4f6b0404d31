import { expect, it } from "vitest";
import { parsePrometheus } from "./prometheus-text.js";

const counter = '# HELP a_total Of a.\n# TYPE a_total counter\na_total{type="A\\"b"} 3\n';
const histogram = (le: string) =>
  `# HELP h Of h.\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="${le}"} 3\nh_sum 4.5\nh_count 3\n`;

it("reads families of Prometheus' text with their samples", () => {
  const families = parsePrometheus(`${counter}\n${histogram("+Inf")}`);
  expect(families.get("a_total")).toEqual({
    name: "a_total",
    help: "Of a.",
    type: "counter",
    samples: [{ name: "a_total", labels: { type: 'A"b' }, value: 3 }],
  });
  expect(families.get("h")?.samples).toHaveLength(4);
});

it.each([
  ["a line without its end", counter.slice(0, -1), "does not end"],
  ["a series twice", `${counter}a_total{type="A\\"b"} 4\n`, "twice: a_total"],
  ["a sample of another family", `${counter}b_total 1\n`, "outside its family: b_total"],
  ["a family in two pieces", `${counter}${histogram("+Inf")}${counter}`, "said twice: # HELP a_total"],
  ["labels that are not quoted", counter.replace('"A\\"b"', "A"), "wrong labels"],
  ["a value that is no number", counter.replace(" 3", " three"), "no sample"],
  ["a type that there is not", counter.replace("counter", "number"), "no type"],
  ["buckets without the last", histogram("2"), "do not add up"],
  ["buckets that fall", histogram("+Inf").replace('le="1"} 2', 'le="1"} 5'), "do not add up"],
])("refuses %s", (_, text, message) => {
  expect(() => parsePrometheus(text)).toThrow(message);
});

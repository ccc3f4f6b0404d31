/** Test your actors on virtual time, without a broker: in one worker, or in a cluster whose workers are killed and frozen. */
export {
  type Latency,
  type ProcessState,
  type TestCluster,
  type TestClusterOptions,
  type TestSystem,
  type TestSystemOptions,
  type TestWorker,
  type TracedCall,
  testCluster,
  testSystem,
  type WorkerOptions,
} from "@actor-runtime/testing";

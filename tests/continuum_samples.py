"""One small application in every format: a filter that may be cut and a classifier, on an edge, a cloud and functions.

Shapes are those of AI-SPRINT's examples and of its guide.
"""

ANNOTATIONS = """\
app/src/filter/main.py:
  component_name:
    name: filter
  exec_time:
    local_time_thr: 20
  expected_throughput:
    rate: 0.5
  partitionable_model:
    onnx_file: filter.onnx
    num_partitions: 1
  security:
    trustedExecution: true
    networkShield: false
app/src/classifier/main.py:
  component_name:
    name: classifier
  exec_time:
    local_time_thr: 10.5
    global_time_thr: 30
    prev_components: [filter]
  device_constraints:
    ram: 512
    vram: 1024
    use_gpu_for: [dnn, pre]
  early_exits_model:
    onnx_file: onnx/classifier.onnx
    condition_function: sure_enough
    transition_probabilities: [0.7]
  model_performance:
    metric: average_f1
    metric_thr: 0.5
    filtered_class: nothing
  detect_metric_drift:
    metric: execution_time
    field: function_duration
    statistical_test: kolmogorov-smirnov
    test_threshold: 0.05
    detection_interval: 24
    monitoring_period: 12
    data_collection_period: 48
"""

QOS = """\
system:
  name: app
  local_constraints:
    local_constraint_1:
      component_name: filter
      threshold: 20
    local_constraint_2:
      component_name: classifier
      threshold: 10.5
  global_constraints:
    global_constraint_1:
      path_components: [filter, classifier]
      threshold: 30
  throughput_component: filter
"""

MULTI_CLUSTER_QOS = """\
System:
  Deployments:
    base:
      ExecutionLayers:
        1:
          components: [filter]
          local_constraints:
            local_constraint_1:
              component_name: filter
              threshold: 20
          global_constraints: {}
          throughput_component: filter
        2:
          components: [classifier]
          local_constraints: {}
          global_constraints:
            global_constraint_1:
              path_components: [filter, classifier]
              threshold: 30
          throughput_component: {}
    deployment1:
      ExecutionLayers:
        1:
          components: [filter_partition1_1, filter_partition1_2, classifier]
          local_constraints: {}
          global_constraints:
            global_constraint_1:
              path_components: [filter_partition1_1, filter_partition1_2]
              threshold: 20
          throughput_component: filter_partition1_1
"""

DATA_SIZES = """\
filter: 415.0
filter_partition1_1: 13000
filter_partition1_2: 415.0
classifier: 0
filter_small: 415.0
classifier_tiny: 0
"""

PERFORMANCE_MODELS = """\
{
  "filter": {
    "filter": {
      "Pi": {"model": "QTedge", "demand": 1.2},
      "VM1": {"model": "CoreBasedPredictor", "regressor_file": "models/filter@VM1.onnx", "meanTime": 0.8}
    },
    "filter_partition1_1": {
      "Pi": {"model": "QTedge", "demand": 0.7}
    },
    "filter_partition1_2": {
      "VM1": {"model": "QTcloud", "demand": 0.3}
    }
  },
  "classifier": {
    "classifier": {
      "VM1": {"model": "LambdaBasedPredictor", "regressor_file": "models/classifier@VM1.onnx", "meanTime": 0.9},
      "F1": {"model": "PACSLTK", "demandWarm": 2.5, "demandCold": 4},
      "F2": {"model": "MLLIBfaas", "regressor_file": "f2.onnx", "meanTime": 2.1, "demandWarm": 2, "demandCold": 3.5}
    }
  },
  "filter_small": {
    "filter_small": {
      "Pi": {"model": "QTedge", "demand": 0.6}
    }
  },
  "classifier_tiny": {
    "classifier_tiny": {
      "VM1": {"model": "QTcloud", "demand": 0.5}
    }
  }
}
"""

RUN_PARAMETERS = """\
input_files:
  storage_bucket: "storage"
  filename: "Test-Video.mp4"
asynchronous:
  batch_size: 5
  number_of_batches: 2
  distribution: "deterministic"
  inter_upload_time: 20
  combinatorial_test: False
synchronous:
  number_of_pre_allocated_pods: 2
  connect_timeout_seconds: 30
  request_timeout_seconds: 300
  worker_nodes: 4
  distribution: constant
  intervals:
  - throughput: 2
    number_of_threads: 1
    duration_seconds: 600
    ramp_up_seconds: 0
  - throughput: 5
    number_of_threads: 5
    duration_seconds: 600
    ramp_up_seconds: 10
components:
  component1:
    parallelism: [10, 8, 6, 4, 2]
  component2:
    parallelism: [10, 8, 6, 4, 2]
    distribution: "deterministic"
run:
  test_synchronously: False
  test_single_services: True
  train_models: True
  campaign_dir: "TEST"
  repetitions: 3
  cooldown_time: 30
other:
  time_correction: 0
  domain_name: "example.click"
  clean_infrastructures_before_testing: True
  clean_infrastructures_after_testing: True
"""

OPTIMISER_SETTINGS = """\
EdgeResources:
- computationalLayer1
CloudResources:
- computationalLayer2
FaaSResources:
- computationalLayer3
Methods:
  method1:
    name: RandomGreedy
    iterations: 1000
    duration: 0
  method2:
    name: GeneticAlgorithm
    startingPointNumber: 5
    iterations: 1
    duration: 1
    specialParameters:
      crossoverRate: 0.5
      mutationRate: 0.7
      score: nall
  method3:
    name: BS
    upperBoundLambda: 2
    epsilon: 0.00001
Seed: 1
VerboseLevel: 1
Time: 1
"""

DEPLOYMENTS_PERFORMANCE = """\
System:
  metric_name: average_f1
  metric_thr: 0.6
  sorted_deployments_performance:
  - original_deployment:
      components: [filter, classifier]
      dependencies:
      - [filter, classifier, 0.6336]
      metric_value: 0.7247
  - alternative_deployment1:
      components: [filter_small, classifier]
      dependencies:
      - [filter_small, classifier, 0.6364]
      metric_value: 0.6432
  - alternative_deployment2:
      components: [filter, classifier_tiny]
      dependencies:
      - [filter, classifier_tiny, 0.6336]
      metric_value: 0.5369
"""

SECRET = "s3cr3t-of-the-cluster"

PHYSICAL_NODES = f"""\
ComputationalLayers:
  computationalLayer1:
    number: 1
    Resources:
      resource1:
        name: Pi
        fe_node:
          public_ip: 158.42.1.1
          private_ip: 192.168.1.2
          ssh_user: user
          ssh_key: |
            {SECRET}-1
        wns:
        - private_ip: 192.168.1.3
          ssh_user: user
          ssh_key: {SECRET}-2
        minio:
          endpoint: https://minio.example
          access_key: {SECRET}-3
          secret_key: {SECRET}-4
        oscar:
          name: oscar-test
        influx:
          endpoint: https://influx.example
          token: {SECRET}-5
  computationalLayer3:
    number: 3
    Resources:
      resource1:
        name: F1
        aws:
          bucket: app
          region: us-east-1
          access_key: {SECRET}-6
          secret_key: {SECRET}-7
"""

SYSTEM = """\
{
  "Components": {
    "filter": {
      "s1": {"h1": {"next": ["classifier"], "early_exit_probability": 0.0, "data_size": [415.0]}},
      "s2": {
        "h2": {"next": ["h3"], "early_exit_probability": 0.1, "data_size": [13000.0]},
        "h3": {"next": ["classifier"], "early_exit_probability": 0.0, "data_size": [415.0]}
      }
    },
    "classifier": {
      "s1": {"h1": {"next": [], "early_exit_probability": 0.0, "data_size": []}}
    }
  },
  "EdgeResources": {
    "computationalLayer1": {"Pi": {"description": "", "cost": 0.6, "memory": 4096.0, "number": 3, "n_cores": 4.0}}
  },
  "CloudResources": {
    "computationalLayer2": {"VM1": {"description": "", "cost": 1.2, "memory": 8192.0, "number": 4, "n_cores": 4.0}}
  },
  "FaaSResources": {
    "computationalLayer3": {
      "transition_cost": 0,
      "F1": {"description": "", "cost": 0.0667, "memory": 4096.0, "idle_time_before_kill": 600.0}
    }
  },
  "CompatibilityMatrix": {
    "filter": {
      "h1": [{"resource": "Pi", "memory": 1024.0}, {"resource": "VM1", "memory": 2048.0}],
      "h2": [{"resource": "Pi", "memory": 512.0}],
      "h3": [{"resource": "VM1", "memory": 512.0}]
    },
    "classifier": {"h1": [{"resource": "VM1", "memory": 2048.0}, {"resource": "F1", "memory": 2048.0}]}
  },
  "Performance": {
    "filter": {
      "h1": {"Pi": {"model": "QTedge", "demand": 1.2}, "VM1": {"model": "QTcloud", "demand": 0.8}},
      "h2": {"Pi": {"model": "QTedge", "demand": 0.7}},
      "h3": {"VM1": {"model": "QTcloud", "demand": 0.3}}
    },
    "classifier": {
      "h1": {
        "VM1": {"model": "QTcloud", "demand": 1.1},
        "F1": {"model": "PACSLTK", "demandWarm": 2.5, "demandCold": 4.0}
      }
    }
  },
  "Lambda": 0.5,
  "LocalConstraints": {"filter": {"local_res_time": 20.0}},
  "GlobalConstraints": {"p1": {"components": ["filter", "classifier"], "global_res_time": 30.0}},
  "NetworkTechnology": {
    "ND1": {
      "computationalLayers": ["computationalLayer1", "computationalLayer2", "computationalLayer3"],
      "AccessDelay": 0.01,
      "Bandwidth": 40000.0
    }
  },
  "DirectedAcyclicGraph": {
    "filter": {"next": ["classifier"], "transition_probability": [0.6336]},
    "classifier": {"next": [], "transition_probability": []}
  },
  "Time": 1.0
}
"""

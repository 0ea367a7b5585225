"""Write the demo's model: ``python -m local.cli.demo.model FILE``, in a process of its own: Keras takes seconds."""

import sys


def main(file: str) -> None:
    """Write a small classifier of 13 numbers into 3 classes, untrained."""
    import keras

    keras.utils.set_random_seed(1)
    layers = [
        keras.Input((13,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(3, activation="softmax"),
    ]
    keras.Sequential(layers).save(file)


if __name__ == "__main__":
    main(sys.argv[1])

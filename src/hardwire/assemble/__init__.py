"""Assembling: from the columns of an unembedding to the parts of a `Transformer`.

schedule   the directions that the columns reach, and the heads and neurons that write them
matrices   the same as matrices; coordinates: where each direction is stored
narrow     heads with as few dimensions as their scores need
place      directions of the stream used again, if asked for
balance    factors moved between matrices, so that no soft weight is large
parts      the layers and the circuit of a model
"""

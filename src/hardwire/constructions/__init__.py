"""Constructions: computations that transformer weights can do, each with its weights and a bound of its error.

form            linear forms of the residual stream, which everything is written in
sources         how the directions of the stream are made: by the embedding, heads, neurons, norms
stream          makes directions, each once
feedforward     functions by neurons
attention       scores of heads, look-ups and means; heads (sums), lookups, hardness (ties)
representation  how values are stored and read
rounding        what error bounds are made of; ranges (how large forms may be)
torch_modules   the same as modules of PyTorch with gradients
registry        what each construction says of itself
"""

"""What an evaluation holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of a model on a text; what each one means stands in FIGURES. No sentence was dropped or cut.

    None is what the family has no way to do, or what nothing was given for: a judge or a training text. Losses are
    nats a sentence; `real_*` are the same figures of the sentences themselves, to compare with.
    """

    # the model
    name: str
    family: str
    trained_on: str
    trained_sentences: int
    parameters: int
    steps: int
    minutes: float | None  # it was meant to train; None if its length was said otherwise
    # the text, and how it was measured
    sentences: int
    words: int  # end marks counted, as in tokens and characters
    tokens: int
    characters: int
    vocabulary: int  # different words of these and of the text to learn from, an end mark counted
    letter_bits: float  # a character, for whoever knows nothing but how often each one occurs in these sentences
    unknown_words: float  # share of the tokens that the model's tokenizer has no piece for
    samples: int  # draws a sentence of the bound
    drawn: int  # sentences said at random
    judge: str | None  # its name
    real: bool  # whether there was text to learn from
    # density
    nll_iw: float | None
    elbo: float | None
    perplexity: float | None
    bits_per_character: float | None
    # latent
    kl: float | None
    kl_per_dimension: tuple[float, ...]  # from N(0, I)
    mutual_information: float | None
    mi_sentences: int
    mi_ceiling: float
    active_units: int | None
    latent_dim: int
    latent_gain: float | None
    prior_mean: float | None
    prior_covariance: float | None
    prior_mmd: float | None
    level: str
    verdict: str
    # reconstruction
    nll: float | None
    token_accuracy: float | None
    reconstruction_bleu: float | None
    ends_sentences: int  # of the next two
    ends_exact: float | None
    ends_exact_refined: float | None
    self_consistency: float | None
    # samples
    forward_perplexity: float | None
    reverse_perplexity: float | None
    self_bleu: float
    distinct_1: float
    distinct_2: float
    distinct_3: float
    shared_words: float
    sample_perplexity_ratio: float | None
    sample_distinct: float
    sample_new: float | None
    normal_perplexity_ratio: float | None
    normal_distinct: float | None
    normal_new: float | None
    copied_span: float | None
    copied_longest: int | None
    said: tuple[str, ...]  # the first samples
    # interpolation
    path_pairs: int
    path_different: float | None
    path_fluent: float | None
    path_jump: float | None
    path_perplexity: float | None
    attractor_share: float | None
    # the sentences themselves
    real_nll: float | None  # of the judge
    real_perplexity: float | None
    real_bits_per_character: float | None
    real_reverse_perplexity: float | None
    real_self_bleu: float
    real_distinct_1: float
    real_distinct_2: float
    real_distinct_3: float
    real_shared_words: float  # with the other sentences
    real_novel: float | None
    real_copied_span: float | None
    # how sure some of the figures are: of each the ends of its 95 % interval, by bootstrap
    intervals: dict[str, tuple[float, float]]

"""The evidence whether an endpoint accepts the profiles of others."""

from consumer.schedule.answers import Answers
from tests.unit.schedule.desk import profile


def test_a_profile_is_no_witness_in_its_own_case() -> None:
    """One delivered profile proves nothing for itself, but something for others."""
    answers = Answers()
    answers.note(profile("a"), 1.0, accepted=True)
    assert not answers.others_accepted(profile("a"), 1.0)
    assert answers.others_accepted(profile("b"), 1.0)
    answers.note(profile("b"), 1.0, accepted=False)
    assert not answers.others_accepted(profile("a"), 1.0)


def test_without_answers_nothing_is_proven() -> None:
    """At least one other profile must have been accepted."""
    assert not Answers().others_accepted(profile("a"), 1.0)


def test_nine_in_ten_of_the_others_must_be_accepted() -> None:
    """9 of 10 is well, 9 of 11 is not; one's own refusal does not count."""
    answers = Answers()
    for number in range(9):
        answers.note(profile(f"good{number}"), 1.0, accepted=True)
    answers.note(profile("bad"), 1.0, accepted=False)
    assert answers.others_accepted(profile("x"), 1.0)
    answers.note(profile("worse"), 1.0, accepted=False)
    assert not answers.others_accepted(profile("x"), 1.0)
    assert answers.others_accepted(profile("bad"), 1.0)


def test_the_latest_answer_of_a_profile_counts() -> None:
    """A profile that recovered is a good witness, whatever came before."""
    answers = Answers()
    for accepted in (False, False, True):
        answers.note(profile("a"), 1.0, accepted=accepted)
    assert answers.others_accepted(profile("b"), 1.0)
    answers.note(profile("a"), 1.0, accepted=False)
    assert not answers.others_accepted(profile("b"), 1.0)


def test_answers_older_than_five_minutes_are_forgotten() -> None:
    """Yesterday's deliveries prove nothing today."""
    answers = Answers()
    answers.note(profile("a"), 0.0, accepted=True)
    answers.note(profile("b"), 200.0, accepted=False)
    answers.note(profile("a"), 200.0, accepted=True)
    assert not answers.others_accepted(profile("x"), 300.0)
    assert not answers.others_accepted(profile("x"), 301.0)
    answers.note(profile("b"), 301.0, accepted=True)
    assert answers.others_accepted(profile("x"), 500.0)
    assert not answers.others_accepted(profile("x"), 602.0)


def test_only_the_last_thousand_answers_are_remembered() -> None:
    """A busy endpoint is judged by its last moments, with bounded memory."""
    answers = Answers()
    answers.note(profile("bad"), 1.0, accepted=False)
    assert not answers.others_accepted(profile("x"), 1.0)
    for number in range(1000):
        answers.note(profile(f"p{number}"), 1.0, accepted=True)
    assert answers.others_accepted(profile("x"), 1.0)
    assert len(answers._latest) == 1000

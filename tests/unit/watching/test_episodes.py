"""One stretch of time is one episode, whichever of its windows is known first."""

import itertools

from functions.watching.episodes import MOST_EPISODES, Episode, calm, violated

PATIENCE = 60.0


def seen(moments: tuple[tuple[float, float], ...]) -> tuple[int, list[Episode]]:
    """Tell of windows with values against a threshold of 1, and give how many alerts came of it."""
    episodes: list[Episode] = []
    alerts = 0
    for at, value in moments:
        if value > 1:
            alerts += violated(episodes, at, value, PATIENCE, threshold=1)
        else:
            calm(episodes, at, PATIENCE, is_clear=value <= 0.9)
    return alerts, episodes


def test_whatever_order_windows_are_known_in_they_are_one_episode() -> None:
    for order in itertools.permutations([(0.0, 2.0), (30.0, 4.0), (60.0, 3.0)]):
        alerts, (episode,) = seen(order)

        assert alerts == 1
        assert (episode.since, episode.until, episode.worst) == (0, 60, 4)


def test_a_gap_that_late_records_fill_joins_two_episodes() -> None:
    alerts, (episode,) = seen(((0.0, 2.0), (100.0, 2.0), (50.0, 2.0)))

    assert alerts == 2  # when the second was told nobody knew
    assert (episode.since, episode.until) == (0, 100)


def test_a_window_that_is_clear_ends_an_episode_and_one_that_is_not_prolongs_it() -> None:
    alerts, (first,) = seen(((0.0, 2.0), (10.0, 0.95), (70.0, 1.5)))
    again, two = seen(((0.0, 2.0), (10.0, 0.5), (20.0, 2.0)))

    assert (alerts, first.until, first.cleared) == (1, 70, None)
    assert again == 2
    assert [(each.since, each.cleared) for each in two] == [(0, 10), (20, None)]


def test_nothing_for_longer_than_a_window_ends_an_episode() -> None:
    alerts, episodes = seen(((0.0, 2.0), (60.1, 2.0)))

    assert (alerts, len(episodes)) == (2, 2)


def test_only_the_newest_episodes_are_kept() -> None:
    alerts, episodes = seen(tuple((1000.0 * place, 2.0) for place in range(MOST_EPISODES + 5)))

    assert (alerts, len(episodes)) == (MOST_EPISODES + 5, MOST_EPISODES)
    assert episodes[0].since == 5000

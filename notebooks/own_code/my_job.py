"""The job of your_job.ipynb: put yours in place of this example.

Other processes find a function by its file, so it stands here, and not in a cell. After a change,
restart the notebook's kernel.
"""

ITEMS = [800_000 + 150_000 * number for number in range(8)]


def job(item):
    """Do the work on one item, touch nothing shared, and return what comes of it.

    For a bad item, return `None`, or what is wrong in words, instead of raising an error.
    """
    total = 0
    for number in range(item):
        total += number * number % 7
    return total

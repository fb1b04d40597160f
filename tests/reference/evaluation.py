"""Figures of 500 made-up cases by scikit-learn, statsmodels and plain numpy, for tests/it/evaluation.rs (same formulas there).

Run: python tests/reference/evaluation.py; needs numpy, scikit-learn, statsmodels. Prints a line a figure, 15 digits.
"""
import numpy as np
import statsmodels.api as sm
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score, roc_curve

k = np.arange(500)
score = ((k * 7919) % 211) / 40.0 - 2.5
p = 1 / (1 + np.exp(-(0.8 * score - 0.3)))
y = (((k * 104729) % 997) / 997.0 < 1 / (1 + np.exp(-score))).astype(int)
paid = np.where(y == 1, (k * 31) % 1000 + 1, 0).astype(float)

print("repaid", y.sum())
print("auc", repr(roc_auc_score(y, score)))
fpr, tpr, _ = roc_curve(y, score, drop_intermediate=False)
print("ks", repr(np.max(np.abs(tpr - fpr))))
print("log_loss", repr(log_loss(y, p)))
print("brier", repr(brier_score_loss(y, p)))
fit = sm.GLM(y, sm.add_constant(0.8 * score - 0.3), family=sm.families.Binomial()).fit(tol=1e-14, maxiter=100)
print("intercept, slope", repr(fit.params[0]), repr(fit.params[1]))

# Ten bins of equal mass; equal probabilities fall whole into the bin of their middle.
values, inverse, counts = np.unique(p, return_inverse=True, return_counts=True)
below = np.concatenate([[0], np.cumsum(counts)[:-1]])
bins = np.minimum((2 * below + counts) * 10 // (2 * len(p)), 9)[inverse]
ece = sum(abs((p[bins == b] - y[bins == b]).sum()) for b in range(10)) / len(p)
print("ece", repr(ece))

# The first fifth: 100 cases; the run of equal scores that the end divides gives its part.
def top(order_by, held):
    room, got = 100.0, 0.0
    for value in np.unique(order_by)[::-1]:
        at = order_by == value
        n = at.sum()
        if n >= room:
            return got + held[at].sum() * room / n
        room, got = room - n, got + held[at].sum()
print("gain", repr(top(score, y.astype(float)) / y.sum()))
print("money", repr(top(score, paid) / paid.sum()))

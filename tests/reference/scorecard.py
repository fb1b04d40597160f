"""Numbers for tests/it/fit.rs and tests/it/model.rs: coefficients by scikit-learn, errors by statsmodels, plain, clustered, weighted, of shares;
Platt's line and isotonic steps; weighted figures.

Needs numpy, scikit-learn and statsmodels. The cases are made by a rule that the Rust tests repeat.
"""
import numpy as np
import statsmodels.api as sm
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

n = 600
k = np.arange(n)
a, b, c = (k * 7) % 5, (k * k + 3 * k) % 7, (k * 13 + k // 7) % 4
y = ((k * 37 + a * 11 + b * b * 5) % 100 < 5 + 6 * a + 2 * b).astype(float)
share = ((k * 29 + a * 17) % 101) / 100 * (0.2 + 0.15 * a)
w = 1.0 + (k * 5) % 3
group = (k * 11) % 150
x = np.column_stack([
    np.array([-0.8, -0.3, 0.1, 0.4, 0.9])[a],
    np.array([0.5, -0.6, 0.2, -0.1, 0.7, -0.9, 0.3])[b],
    np.array([-0.4, 0.0, 0.3, 0.6])[c],
])
design = sm.add_constant(x)


def show(name, values):
    print(name, "[" + ", ".join(f"{v:.12f}" for v in np.atleast_1d(values)) + "]")


for penalty in (1e-4, 0.01):
    for name, weight in (("", np.ones(n)), ("weighted ", w)):
        fit = LogisticRegression(solver="newton-cholesky", tol=1e-12, C=1 / (penalty * weight.sum()), max_iter=1000).fit(x, y, sample_weight=weight)
        show(f"{name}penalty {penalty}", np.r_[fit.intercept_, fit.coef_[0]])
plain = sm.Logit(y, design).fit(disp=0, method="newton", tol=1e-14, maxiter=100)
show("logit", plain.params)
show("logit errors", plain.bse)
show("logit log-likelihood", plain.llf)
clustered = sm.Logit(y, design).fit(disp=0, method="newton", tol=1e-14, maxiter=100, cov_type="cluster", cov_kwds={"groups": group})
show("logit clustered errors", clustered.bse)
weighted = sm.GLM(y, design, family=sm.families.Binomial(), freq_weights=w).fit(tol=1e-14)
show("weighted logit", weighted.params)
show("weighted logit errors", weighted.bse)


def by_hand(params, outcome, weight):
    """A^-1 B A^-1 x G/(G-1) x (n-1)/(n-k): rows are cases whatever their weight."""
    p = 1 / (1 + np.exp(-design @ params))
    bread = np.linalg.inv(design.T @ (design * (weight * p * (1 - p))[:, None]))
    scores = design * (weight * (outcome - p))[:, None]
    sums = np.zeros((150, design.shape[1]))
    np.add.at(sums, group, scores)
    groups = len(np.unique(group))
    small = groups / (groups - 1) * (n - 1) / (n - design.shape[1])
    return np.sqrt(np.diag(small * bread @ sums.T @ sums @ bread))


show("clustered errors by hand", by_hand(plain.params, y, np.ones(n)))
show("weighted clustered errors by hand", by_hand(weighted.params, y, w))
fractional = sm.GLM(share, design, family=sm.families.Binomial()).fit(tol=1e-14)
show("share", fractional.params)
show("share clustered errors", sm.GLM(share, design, family=sm.families.Binomial()).fit(tol=1e-14, cov_type="cluster", cov_kwds={"groups": group}).bse)

score = ((k * 7919) % 1000) / 250 - 2
line = sm.Logit(y, sm.add_constant(score)).fit(disp=0, method="newton", tol=1e-14, maxiter=100)
robust = sm.Logit(y, sm.add_constant(score)).fit(disp=0, method="newton", tol=1e-14, maxiter=100, cov_type="cluster", cov_kwds={"groups": group})
show("line", line.params)
show("line errors", line.bse)
show("line clustered errors", robust.bse)
tied = np.round(score * 10).astype(int)
steps = IsotonicRegression(increasing=True).fit(tied, y, sample_weight=w)
fitted = steps.predict(tied)
order = np.argsort(tied, kind="stable")
blocks = []
for at in order:
    if not blocks or abs(blocks[-1][1] - fitted[at]) > 1e-12:
        blocks.append((tied[at], fitted[at]))
print("isotonic", "[" + ", ".join(f"({f}, {v:.12f})" for f, v in blocks) + "]")
p = 1 / (1 + np.exp(-score))
show("weighted auc", roc_auc_score(y, score, sample_weight=w))
show("weighted log-loss", log_loss(y, p, sample_weight=w))
show("weighted brier", brier_score_loss(y, p, sample_weight=w))
o = np.argsort(score, kind="stable")
good, bad = np.cumsum((w * y)[o]) / (w * y).sum(), np.cumsum((w * (1 - y))[o]) / (w * (1 - y)).sum()
last = np.r_[np.diff(score[o]) != 0, True]
show("weighted ks", np.abs(good - bad)[last].max())

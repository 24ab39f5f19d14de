"""scikit-learn's metrics: numbers computed from arrays."""

from __future__ import annotations

from janus_nb.lowering.library.row import Row, pure

SKLEARN: tuple[Row, ...] = pure(
    "sklearn.metrics",
    """
    accuracy_score balanced_accuracy_score average_precision_score brier_score_loss cohen_kappa_score confusion_matrix f1_score fbeta_score hamming_loss
    hinge_loss jaccard_score log_loss matthews_corrcoef precision_recall_fscore_support precision_score recall_score roc_auc_score roc_curve auc
    zero_one_loss mean_absolute_error mean_squared_error root_mean_squared_error mean_squared_log_error median_absolute_error max_error r2_score
    explained_variance_score mean_absolute_percentage_error adjusted_rand_score rand_score mutual_info_score normalized_mutual_info_score
    silhouette_score
    """,
)

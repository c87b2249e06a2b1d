/** The account to whom every file belongs under Wine. */
export const wineUser = 'S-1-5-21-0-0-0-1000';
